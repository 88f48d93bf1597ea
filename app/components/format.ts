// Messages about alerts write numbers as the pages do, so the one place for that is the domain.
export * from '../../db/domain/format.ts'
