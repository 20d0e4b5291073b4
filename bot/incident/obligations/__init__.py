"""The notices that law and contracts require: known since when, who decides by when, what was sent."""
