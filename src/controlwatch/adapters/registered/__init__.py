"""What the register says, and how it becomes notices."""
