"""ElevenLabs: its classes, its API and its card."""
