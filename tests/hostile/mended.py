"""What hostile inputs have found, kept by hand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mended:
    """A defect: what was found, what is done now, and the test that holds it."""

    found: str
    mended: str
    test: str  #: file::name below tests/


HERE = "hostile/test_mended.py::"
MENDED = (
    Mended(
        "A server that sends a letter of a header, the frame of a chunk or early hints now and then held a poll for ever",
        "connections keep to what the poll has left, not each wait alone",
        "services/test_hostile_servers.py::test_a_server_that_sends_a_letter_now_and_then_is_left_when_the_time_is_up",
    ),
    Mended(
        "gzip in empty blocks unpacks to nothing without an end, and was read without an end",
        "bytes are counted as they come, too",
        "services/test_hostile_servers.py::test_what_is_larger_than_allowed_packed_or_unpacked_is_not_read_to_its_end",
    ),
    Mended(
        "A page of sixty lines that look like the head of a mail without its end stopped the whole service: each line "
        "could be taken in two ways, and all of them were tried",
        "an atomic pattern: one way",
        f"{HERE}test_a_head_without_an_end_is_tried_in_one_way_only",
    ),
    Mended(
        "Twenty thousand lines of a sign or a blank each took 17 seconds to compare",
        "a line is looked at once, by itself",
        f"{HERE}test_the_lines_that_a_site_counts_up_are_looked_for_once",
    ),
    Mended(
        "Forty thousand elements, each within the one before, took the parser of HTML 21 seconds, and more the square of it",
        "pages of many signs are parsed in a bounded process first; what nests beyond reason is garbled",
        f"{HERE}test_a_tree_that_nobody_could_walk_is_refused_before_anybody_walks_it",
    ),
    Mended(
        "A preformatted text with a hundred thousand blanks took the reader the square of their number",
        "white space that goes on is cut to forty signs before it is read",
        f"{HERE}test_white_space_that_goes_on_is_no_text",
    ),
    Mended(
        "A notice of one word over and over that is amended took more than 200 seconds to compare",
        "so many like words are shown as one deletion and one insertion",
        f"{HERE}test_a_text_of_one_word_over_and_over_is_compared_as_a_whole",
    ),
    Mended(
        "A title in the clothes of an encoded word (=?utf-8?B?////?=) could not be mailed at all, or was shown decoded",
        "it is text: the signs that begin such a word get their full-width twin",
        f"{HERE}test_a_title_in_the_clothes_of_an_encoded_word_is_a_subject_like_any_other",
    ),
    Mended(
        "A number of thousands of digits in a list was an error of ours",
        "JSON with one is garbled; a total with one is none",
        f"{HERE}test_a_number_of_thousands_of_digits_is_no_json_of_a_list",
    ),
    Mended(
        "An answer that is no feed at all was an error of ours",
        "it is garbled, or without entries",
        f"{HERE}test_what_is_no_feed_at_all_is_said_to_be_none",
    ),
    Mended(
        "A damaged member of an archive hid its sound neighbours",
        "it is a doubt of its own",
        f"{HERE}test_a_member_that_is_cut_does_not_hide_its_neighbours",
    ),
    Mended(
        "A damaged workbook at which its library panics hid its neighbours in an archive, and its doubt was a line of code",
        "a panic is a damaged workbook, in plain words",
        f"{HERE}test_a_workbook_at_which_its_library_panics_does_not_hide_its_neighbours",
    ),
    Mended(
        "The log of alerts as CSV showed characters that act on a terminal, and formulas behind a blank or a semicolon",
        "text is cleaned, and no part of a cell begins a formula whichever sign parts cells",
        f"{HERE}test_no_cell_of_the_log_is_a_formula_or_acts_on_a_terminal",
    ),
    Mended(
        "A file that is handed in under a name that is no UTF-8 was refused with an error of ours",
        "it is taken in, and its name kept as far as it can be",
        "cli/test_private.py::test_whatever_a_file_is_called_it_is_taken_in_and_its_name_leads_nowhere",
    ),
    Mended(
        "The evidence of a notice with a long title of rare characters could not be written: its name was too long",
        "names of ours fit every file system",
        "cli/test_private.py::test_the_evidence_of_a_notice_is_a_file_here_whatever_its_title_says",
    ),
    Mended(
        "Where the operator had made the state folder, the database, its log and the heartbeat could be read by others",
        "whatever our commands write is for our own account alone",
        "cli/test_private.py::test_every_file_and_folder_that_we_make_is_for_us_alone",
    ),
    Mended(
        "The HTTP side gave its schema to anybody, redirected to whatever Host was named, and answered a signed number "
        "beyond any database with 500",
        "neither is offered, such a number is unknown, and every answer carries the headers against being run or framed",
        "web/test_any_request.py::test_what_is_not_offered_is_not_there",
    ),
)
