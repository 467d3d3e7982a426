"""VM rescheduling: a limited number of migrations makes room for large VMs again."""
