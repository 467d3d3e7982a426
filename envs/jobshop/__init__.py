"""The job shop: minimise the makespan of jobs whose operations each need one machine."""
