"""What the pages about policies show."""

from apps.scorecards.policy_pages.editor import Editor
from apps.scorecards.policy_pages.effects import EffectsView
from apps.scorecards.policy_pages.layers import LayerRow, layer_choices, layer_rows, layer_title

__all__ = ["Editor", "EffectsView", "LayerRow", "layer_choices", "layer_rows", "layer_title"]
