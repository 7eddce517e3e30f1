"""What a cubic metre of storage costs in a year: the numbers that the services priced by storage share, each in its own tables."""

from ecoval.services.declaration import Parameter

COSTED = {"price": ("full_cost", "annualised")}  # the full cost stands beside the annualised one
STORAGE_COSTS = (
    Parameter("interest_rate", "1", low=0, high=0.5, when=COSTED),
    Parameter("lifetime", "yr", low=1, high=1000, when=COSTED),
    Parameter("maintenance", "CNY m-3", low=0, high=1e4, when=COSTED),
)
