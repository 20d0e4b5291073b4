"""What the law and contracts oblige to tell: since when people knew, who decides by when, and what was sent."""
