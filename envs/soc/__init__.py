"""Task graphs on unlike processing elements: minimise the mean latency of jobs that arrive over time."""
