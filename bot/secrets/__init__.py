"""Values that nobody may see, the shapes by which they are recognised, and the forms in which a text hides them."""
