"""Which candidates make up for a loss at least cost: the exact programme, its checks, and what is short where there is none."""
