"""English number: whether a word reads as one thing or as several."""

from __future__ import annotations

import re

_UNCOUNTABLE = frozenset(
    "data media metadata information equipment history news series species staff software "
    "hardware content feedback progress access usage traffic inventory stock audit auth "
    "advice knowledge membership_data children people men women criteria indices matrices "
    "vertices media_set geese mice teeth feet police info analytics settings dict".split()
)
_SINGULAR_IN_S = frozenset(
    "status address business class process access progress basis analysis bus gas lens "
    "canvas alias bonus campus census virus focus bias atlas chaos cosmos pass boss loss "
    "mass glass grass cross dress press success kiss miss tennis diagnosis thesis "
    "synthesis crisis axis oasis hypothesis physics mathematics iris plus minus corpus "
    "apparatus consensus radius genus nexus cactus octopus https dns css js aws gps os ios "
    "cms sms has is was this us yes always series".split()
)
_PLURAL_END = re.compile(
    r"(s|children|people|men|women|data|media|criteria|indices|matrices|vertices|set|list|all|_qs)$"
)


def last_word(name: str) -> str:
    """The last word of a snake_case or CamelCase name, in lower case."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name.replace("_", " "))
    return words[-1].lower() if words else ""


def is_plural(name: str) -> bool:
    """Whether a name reads as several things (``orders``, ``order_set``) or as something that is not counted."""
    word = last_word(name)
    if word in _UNCOUNTABLE:
        return True
    if word in _SINGULAR_IN_S or word.endswith(("ss", "us", "sis")):
        return False
    return bool(_PLURAL_END.search(word))


def plural(name: str) -> str:
    """A name with its last word in the plural, for suggestions: ``order_item`` gives ``order_items``."""
    if is_plural(name):
        return name
    if re.search(r"[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    if name.endswith("sis"):
        return f"{name[:-2]}es"
    if re.search(r"(s|x|z|ch|sh)$", name):
        return f"{name}es"
    return f"{name}s"


def is_singular(name: str) -> bool:
    """Whether a CamelCase name reads as one thing: ``OrderItem``, ``OrderStatus``, ``News``."""
    word = last_word(name)
    if word in _UNCOUNTABLE or word in _SINGULAR_IN_S:
        return True
    return not word.endswith("s") or word.endswith(("ss", "us", "sis"))
