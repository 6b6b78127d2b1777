"""The closing of days: accrual, ageing, late fees, opening of cases."""
