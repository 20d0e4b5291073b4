"""Where reports are kept, if not in files (`bot.report.filing`): each is a folder. Contract: `bot.report.contract`."""
