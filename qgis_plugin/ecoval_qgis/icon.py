"""The icon of the plugin, as a file."""

import os

ICON = os.path.join(os.path.dirname(__file__), "icon.svg")
