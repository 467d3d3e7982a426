"""One machine: minimise the total, or the weighted, tardiness of jobs that each have a due date."""
