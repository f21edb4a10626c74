"""What the pages about policies show."""

from apps.scorecards.policy_pages.editor import Editor
from apps.scorecards.policy_pages.effects import EffectsView
from apps.scorecards.policy_pages.layers import LayerRow, layer_choices, layer_rows, layer_title
from apps.scorecards.policy_pages.trial import RuleTrial

__all__ = [
    "Editor",
    "EffectsView",
    "LayerRow",
    "RuleTrial",
    "layer_choices",
    "layer_rows",
    "layer_title",
]
