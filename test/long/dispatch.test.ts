/** The property tests of the dispatcher over many more scenarios. */
import '../domain/routing/dispatch-properties.test'
import '../domain/routing/dispatch-passes-properties.test'
import '../domain/routing/dispatch-circuits-properties.test'
