"""Defects that hostile inputs have found, kept by hand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mended:
    """A defect: what was found, the fix, and its test."""

    found: str
    mended: str
    test: str  #: file::name below tests/


HERE = "hostile/test_mended.py::"
MENDED = (
    Mended(
        "A server that sent a byte of a header, a chunk frame or early hints now and then held a poll indefinitely",
        "a connection is limited by the time left for the poll, not by each wait",
        "services/test_hostile_servers.py::test_a_server_that_sends_a_letter_now_and_then_is_left_when_the_time_is_up",
    ),
    Mended(
        "gzip in empty blocks unpacks to nothing without end, and was read without end",
        "received bytes are counted too",
        "services/test_hostile_servers.py::test_what_is_larger_than_allowed_packed_or_unpacked_is_not_read_to_its_end",
    ),
    Mended(
        "A page of sixty lines that look like an unfinished mail header stopped the service: each line could match in two ways, and all combinations were tried",
        "an atomic group: one way",
        f"{HERE}test_a_head_without_an_end_is_tried_in_one_way_only",
    ),
    Mended(
        "Twenty thousand lines of one character or a blank each took 17 seconds to compare",
        "each line is matched once, by itself",
        f"{HERE}test_the_lines_that_a_site_counts_up_are_looked_for_once",
    ),
    Mended(
        "Forty thousand elements, each within the one before, took the HTML parser 21 seconds, and quadratic time for more",
        "large pages are parsed in an isolated process first; excessive nesting is an error",
        f"{HERE}test_a_tree_nested_too_deeply_is_refused_before_it_is_walked",
    ),
    Mended(
        "A preformatted text with a hundred thousand blanks took the extraction quadratic time",
        "long white space is cut to forty characters first",
        f"{HERE}test_long_white_space_is_cut",
    ),
    Mended(
        "An amended notice that repeats one word took more than 200 seconds to compare",
        "a text of many equal words is shown as one deletion and one insertion",
        f"{HERE}test_a_text_of_one_word_over_and_over_is_compared_as_a_whole",
    ),
    Mended(
        "A title that looks like an encoded word (=?utf-8?B?////?=) could not be mailed, or was shown decoded",
        "it is text: the characters that begin such a word are replaced by their full-width form",
        f"{HERE}test_a_title_in_the_clothes_of_an_encoded_word_is_a_subject_like_any_other",
    ),
    Mended(
        "A number of thousands of digits in a list was an internal error",
        "such JSON is refused; such a total is ignored",
        f"{HERE}test_a_number_of_thousands_of_digits_is_refused_as_json_of_a_list",
    ),
    Mended(
        "An answer that is not a feed was an internal error",
        "it is refused, or has no entries",
        f"{HERE}test_an_answer_that_is_not_a_feed_at_all_is_refused_or_empty",
    ),
    Mended(
        "A damaged member of an archive hid its sound neighbours",
        "it is a doubt of its own",
        f"{HERE}test_a_member_that_is_cut_does_not_hide_its_neighbours",
    ),
    Mended(
        "A damaged workbook at which its library panics hid its neighbours in an archive, and its doubt was a line of code",
        "a panic is reported as a damaged workbook",
        f"{HERE}test_a_workbook_at_which_its_library_panics_does_not_hide_its_neighbours",
    ),
    Mended(
        "The alert log as CSV showed characters that act on a terminal, and formulas after a blank or a semicolon",
        "text is cleaned, and no part of a cell begins a formula, whichever separator is used",
        f"{HERE}test_no_cell_of_the_log_is_a_formula_or_acts_on_a_terminal",
    ),
    Mended(
        "A file handed in under a name that is not UTF-8 was an internal error",
        "it is taken in, and its name is kept as far as possible",
        "cli/test_private.py::test_whatever_a_file_is_called_it_is_taken_in_and_its_name_leads_nowhere",
    ),
    Mended(
        "The evidence of a notice with a long title of rare characters could not be written: its file name was too long",
        "generated names fit every file system",
        "cli/test_private.py::test_the_evidence_of_a_notice_is_a_file_here_whatever_its_title_says",
    ),
    Mended(
        "In a state directory made by the operator, others could read the database, its log and the heartbeat",
        "everything that the commands write is readable by their own account only",
        "cli/test_private.py::test_every_file_and_folder_that_we_make_is_for_us_alone",
    ),
    Mended(
        "The HTTP server gave its schema to everybody, redirected to any named Host, and answered 500 to a signed number too large for a database",
        "neither is offered, such a number is unknown, and every answer carries the headers against execution and framing",
        "web/test_any_request.py::test_what_is_not_offered_is_not_there",
    ),
)
