"""The way into a practice world for a process of the bot. The world itself is in `bot.drill`."""
