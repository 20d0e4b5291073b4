"""Who leads the response and who writes it down; what is told to those who do not take part in it."""
