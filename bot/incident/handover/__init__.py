"""A compromise takes over a planned rotation: the run ends, and the incident begins with what it knew."""
