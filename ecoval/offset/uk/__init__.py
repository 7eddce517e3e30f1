"""England's statutory biodiversity metric as an adapter: an independent check of the structure of the balance, **not advice**."""

from ecoval.offset.uk.metric import uk_balance, uk_difficulty, uk_time_factor, uk_units, uk_years
from ecoval.offset.uk.trading import uk_trading

__all__ = ["uk_balance", "uk_difficulty", "uk_time_factor", "uk_trading", "uk_units", "uk_years"]
