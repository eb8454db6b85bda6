-- # Simulation
-- Purchases from known parameters, for tries and tests.

-- clm.simulate
SELECT s.* FROM clm.simulate(3, date '2024-01-01', date '2024-12-31', seed => 7) s;
