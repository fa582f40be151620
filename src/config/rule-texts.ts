/** What several rules say of a text that may hold `${ENV}`. */
export const SECRET = `looks like a secret; put it into the environment and write \${NAME} here`
export const PLACEHOLDER = `only \${NAME} is read; there is no other form`
