/** The query for the attempts of a generation under way. */
export const ATTEMPTS_QUERY = 'attempts'
