"""What every problem shares: the observation schema, the vector environment, data sets and Gantt charts."""
