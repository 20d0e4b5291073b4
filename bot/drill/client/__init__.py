"""The way into a practice world for a process of the bot. What the world itself is made of stands in `bot.drill`."""
