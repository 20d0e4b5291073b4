"""The worker: claims operations of open incidents, runs them, and shows people what has become true."""
