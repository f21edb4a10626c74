import pytest

from core.addresses import query_string, whole_number


@pytest.mark.parametrize(
    ("named", "query"),
    [
        ({}, ""),
        ({"q": "", "team": ""}, ""),
        ({"q": "a b&c", "team": "", "page": "2"}, "?q=a+b%26c&page=2"),
        ([("columns", "team"), ("columns", "tags"), ("q", "")], "?columns=team&columns=tags"),
    ],
)
def test_a_query_says_what_is_not_blank(named, query):
    assert query_string(named) == query


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("042", 42),
        ("999", 999),
        ("1000", None),
        ("", None),
        (" 7", None),
        ("-7", None),
        ("7.0", None),
        ("²", None),
        ("٣", None),
    ],
)
def test_a_whole_number_is_of_few_ascii_digits(text, number):
    assert whole_number(text, digits=3) == number
