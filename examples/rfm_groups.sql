-- Which customers bought recently, often and for much?
-- For: campaign selection. Scores from 1 to 5 by fixed cut points, 5 is best; the days since the last purchase are better
-- when lower. With cut points equal customers get equal scores, and a score means the same next month.
-- Needs: c(id, h)
-- Source: Hughes 1994 (RFM).
WITH scored AS (
    SELECT id, clm.rfm_score(clm.recency(h, date :'d'), '{30,60,120,240}', true) AS r,
           clm.rfm_score(clm.occasions(h, date :'d' - 365, date :'d'), '{1,3,6,12}') AS f,
           clm.rfm_score(clm.total(h, date :'d' - 365, date :'d'), '{50,150,400,1000}') AS m,
           clm.total(h, date :'d' - 365, date :'d') AS year,
           clm.occasions(h, date :'d', date :'d' + 90) > 0 AS bought_then
    FROM c WHERE clm.occasions(h, NULL, date :'d') > 0
), grouped AS (
    SELECT *, CASE WHEN r >= 4 AND f >= 4 AND m >= 4 THEN '1 champions 重要价值客户'
                   WHEN r >= 4 AND f <= 2 THEN '2 recent 新近客户'
                   WHEN r >= 3 AND f >= 3 THEN '3 loyal 忠诚客户'
                   WHEN r <= 2 AND m >= 4 THEN '4 valuable at risk 重要挽留客户'
                   WHEN r <= 2 AND f <= 2 THEN '6 asleep 沉睡客户'
                   ELSE '5 to develop 待发展客户' END AS "group"
    FROM scored
)
SELECT "group", count(*) AS customers, round(avg(r), 1) AS r, round(avg(f), 1) AS f, round(avg(m), 1) AS m,
       round(sum(year)::numeric) AS sales,
       round(100.0 * avg(bought_then::int), 1) AS "% buying in the next 90 days"
FROM grouped GROUP BY "group" ORDER BY "group";
