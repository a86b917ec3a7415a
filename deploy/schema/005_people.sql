-- Lists of people: the latest first, each with the names they are known by.
CREATE INDEX persons_by_creation ON persons (project_id, created_at);
CREATE INDEX person_distinct_ids_of ON person_distinct_ids (project_id, person_id);
