"""The words for states, events, times and plans, written once for Slack, terminal and report."""
