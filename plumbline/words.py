"""English number: whether a name reads as one thing or as several."""

from __future__ import annotations

import re

_UNCOUNTABLE = frozenset(
    "data media metadata information equipment history news series species staff software hardware content feedback "
    "progress access usage traffic inventory stock auth advice knowledge police info analytics settings dict evidence "
    "homework merchandise furniture luggage money music research spam consent expertise weather cash meta".split()
)
_IRREGULAR = {
    "child": "children",
    "person": "people",
    "man": "men",
    "woman": "women",
    "mouse": "mice",
    "goose": "geese",
    "tooth": "teeth",
    "foot": "feet",
    "matrix": "matrices",
    "vertex": "vertices",
    "criterion": "criteria",
    "phenomenon": "phenomena",
    "curriculum": "curricula",
    "memorandum": "memoranda",
    "addendum": "addenda",
    "medium": "media",
    "datum": "data",
    "leaf": "leaves",
    "life": "lives",
    "shelf": "shelves",
    "half": "halves",
    "knife": "knives",
    "quiz": "quizzes",
}
_PLURAL = frozenset(
    "indices appendices bacteria errata strata spectra formulae alumni schemata".split()
).union(_IRREGULAR.values())
_COLLECTIVE = frozenset("set list all qs queryset collection tree".split())
"""Last words that say by themselves that there is more than one: ``order_set``."""
_SINGULAR_IN_S = frozenset(
    "status address business class process access progress basis analysis bus gas lens canvas alias bonus campus "
    "census virus focus bias atlas chaos cosmos boss loss mass glass grass cross dress press success kiss miss tennis "
    "axis iris pus corpus radius genus nexus cactus octopus physics mathematics news series species analytics settings "
    "logistics statistics https dns css js aws gps os ios cms sms tls ss rss is has was this us yes always as acs saas "
    "paas iaas vps kubernetes redis postgres sepsis".split()
)
_SINGULAR_TAILS = tuple(
    "status address analysis canvas alias campus process access progress business virus class".split()
)
_PLURAL_IN_US = frozenset(
    "menus submenus skus gpus cpus tpus gurus haikus plateaus bureaus".split()
)

_ATTRIBUTIVE = frozenset(
    "sales goods customs sports savings operations systems communications accounts works rewards arms events parts "
    "people women men children materials human resources".split()
)
"""Plurals that stand before a noun as often as for things of their own: ``sales_order``."""
_LINKS = frozenset(
    "as by for of in on at to with from where that which via per under through without within during after before "
    "about against between into upon".split()
)
"""Words that begin what qualifies a noun: ``interfaces_as_untagged``."""
_ADVERBS = frozenset(
    "here there me him her them us inside outside upstream downstream above below again ever now online offline "
    "next previous".split()
)
_PARTICIPLES = frozenset(
    "written sent made done given taken seen known held built bought sold paid won lost begun chosen drawn driven "
    "hidden kept shown spent taught told understood".split()
)
_NOUNS_IN_ED = re.compile(r"(eed|bed|shed|sled|wed|moped|biped|hundred|^red|^id)$")
_ROLES = frozenset(
    "reporter assignee owner author creator reviewer approver editor requester requestor sender recipient receiver "
    "publisher organizer organiser supervisor mentor moderator subscriber follower inviter invitee payer payee "
    "buyer seller winner loser responsible participant referrer referee operator submitter uploader modifier updater "
    "deleter canceller initiator responder respondent".split()
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def words_of(name: str) -> list[str]:
    """The words of a snake_case or CamelCase name, in lower case."""
    return [word.lower() for word in _WORD.findall(name.replace("_", " "))]


def last_word(name: str) -> str:
    """The last word of a snake_case or CamelCase name, in lower case."""
    words = [word for word in words_of(name) if not word.isdigit()]
    return words[-1] if words else ""


def is_participle(word: str) -> bool:
    """Whether a word says what was done to a thing rather than what it is: ``resolved``, ``written``."""
    return word in _PARTICIPLES or (word.endswith("ed") and not _NOUNS_IN_ED.search(word))


def is_role(name: str) -> bool:
    """Whether a name says what part is played (``reporter``, ``created_by``) and not what the things are."""
    return not counted_words(name) or last_word(name) in _ROLES


def counted_words(name: str) -> list[str]:
    """The words up to the noun that carries the number: ``interfaces`` of ``interfaces_as_untagged``.

    Qualifications after it are left out; nothing is left of a name without a noun, such as ``created_by``.
    """
    words = [word for word in words_of(name) if not word.isdigit()]
    for position, word in enumerate(words):
        if word in _LINKS:
            words = words[:position]
            break
    while words and (is_participle(words[-1]) or words[-1] in _ADVERBS):
        if words[-1] in _ADVERBS and not any(is_plural_word(word) for word in words[:-1]):
            return []  # `nat_outside`: a place, not things
        words.pop()
    return words


def is_plural_word(word: str) -> bool:
    """Whether a single lower-case word is a plural, or something that is not counted."""
    if word in _UNCOUNTABLE or word in _PLURAL or word.endswith(("data", "metadata", "history")):
        return True
    if any(len(one) > 4 and word.endswith(one) for one in _PLURAL):
        return True
    if not word.endswith("s") or is_singular_in_s(word):
        return False
    return len(word) > 1


def is_counted_plural(word: str) -> bool:
    """Whether a single lower-case word certainly names several things: what is not counted does not."""
    is_uncounted = word in _UNCOUNTABLE or word.endswith(("data", "metadata", "history"))
    return is_plural_word(word) and not is_uncounted


def is_singular_in_s(word: str) -> bool:
    """Whether a word that ends in ``s`` is one thing all the same: ``status``, ``useraddress``."""
    if word in _PLURAL_IN_US:
        return False
    return (
        word in _SINGULAR_IN_S
        or word.endswith(("ss", "us", "sis"))
        or word.endswith(_SINGULAR_TAILS)
    )


def is_plural(name: str) -> bool:
    """Whether a name reads as several things (``orders``, ``order_set``) or as something that is not counted.

    In ``clients_accountant`` the things come first and what qualifies them follows; in ``sales_order`` they do not.
    """
    if last_word(name) in _COLLECTIVE:
        return True
    words = counted_words(name)
    if not words:
        return False
    if is_plural_word(words[-1]) or words[-1] in _COLLECTIVE:
        return True
    return any(
        is_plural_word(word) and word not in _UNCOUNTABLE and word not in _ATTRIBUTIVE
        for word in words[:-1]
    )


def plural(name: str) -> str:
    """A name with its noun in the plural, for suggestions: ``order_item`` gives ``order_items``."""
    words = counted_words(name)
    if is_plural(name) or not words:
        return name
    noun = words[-1]
    at = name.lower().rfind(noun) if last_word(name) == noun else name.lower().find(noun)
    return name[:at] + _plural_of(name[at : at + len(noun)]) + name[at + len(noun) :]


def plural_rows(name: str) -> str:
    """What many rows of a class are called: ``PriceList`` gives ``price_lists``."""
    *others, last = words_of(name) or [""]
    return "_".join([*others, last if is_plural_word(last) else _plural_of(last)])


def _plural_of(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if re.search(r"[^aeiou]y$", word):
        return f"{word[:-1]}ies"
    if word.endswith("sis"):
        return f"{word[:-2]}es"
    if re.search(r"(s|x|z|ch|sh)$", word):
        return f"{word}es"
    return f"{word}s"


def pascal_case(name: str) -> str:
    """A name in PascalCase, capitals inside a word kept: ``order_URLMap`` gives ``OrderURLMap``."""
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))
