"""The phrasebook: what people read of states, events, times and durations, once for Slack, terminal and report."""
