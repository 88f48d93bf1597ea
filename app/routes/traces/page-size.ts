export const pageSize = 100
