"""The practice world: stateful fakes of Slack, AWS, PagerDuty and the providers, and the drill that runs in it."""
