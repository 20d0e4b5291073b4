"""Where reports arrive, besides the incident's channel: each place is a folder. Contract: `bot.report.contract`."""
