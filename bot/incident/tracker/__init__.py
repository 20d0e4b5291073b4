"""What a tracker outside is told of tasks."""
