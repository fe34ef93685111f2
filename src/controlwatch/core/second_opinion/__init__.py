"""What a language model may say of a text: nothing that is not proved by the text, and never a conclusion."""
