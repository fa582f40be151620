/** The property tests of the dispatcher over many more scenarios. */
import './dispatch-properties.test'
import './dispatch-passes-properties.test'
import './dispatch-circuits-properties.test'
