COMMENT ON SCHEMA clm IS
    'Customer lifecycle management: histories of customers, fitted models, value, churn risk and lifecycle stages';
