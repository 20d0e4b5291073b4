"""ElevenLabs in the practice world."""
