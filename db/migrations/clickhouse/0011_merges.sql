-- What a span costs the store in its life is mostly that each merge writes it anew: so merges are of many parts, and few.
-- The base, by how much larger a merged part is than its largest one, keeps a large part out of merges of small ones.
-- A merge holds a block of each of its parts in memory, so that these are small.
alter table spans {{on_cluster}} modify setting
    min_parts_to_merge_at_once = 30,
    merge_selector_base = 25,
    merge_max_block_size_bytes = 2097152;
