"""SendGrid in the practice world."""
