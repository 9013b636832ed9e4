// Questions to begin with: what one asks first, and how it is asked here. Each runs as it stands against any Fieldbook.
export const examples = [
  {
    title: 'What is measured',
    query: `# The sensors with their newest reading.
query WhatIsMeasured {
  sensors(first: 20) {
    nodes {
      name
      type
      description
      unit { symbol }
      latest { time value flag }
    }
    totalCount { value }
  }
}
`,
  },
  {
    title: 'The newest reading of each sensor',
    query: `query Latest {
  latest {
    sensor { name unit { symbol } }
    time
    value
    flag
  }
}
`,
  },
  {
    title: 'Means an hour',
    query: `# Without from: the last seven days. Other buckets: PT1M, PT15M, P1D, P1M; timeZone names the zone of days.
# The same in lists, to draw: aggregates(from: …, to: …, bucket: "PT1H") { sensor { name } buckets { start avg } }
query Hourly {
  bucketRows(bucket: "PT1H", first: 1000) { sensor start avg min max count unit }
}
`,
  },
  {
    title: 'Readings row by row',
    query: `# Newest first; the next page begins after pageInfo.endCursor.
query Readings {
  readings(first: 100, order: DESC) {
    nodes { time value flag receivedAt sensor { name } }
    pageInfo { hasNextPage endCursor }
  }
}
`,
  },
  {
    title: 'What lies out of range',
    query: `query OutOfRange {
  readings(first: 100, order: DESC, filter: { flags: [SUSPECT, FAIL] }) {
    nodes { time value flag flagReason sensor { name range { min max } } }
  }
}
`,
  },
  {
    title: 'Datasets: how fresh, how good',
    query: `query Datasets {
  datasets {
    nodes {
      slug
      title
      rows { value exact }
      freshness { status ageSeconds sensors { expected fresh } }
      qualityStatus
      qualityFigures { dimension verdict value numerator denominator }
    }
  }
}
`,
  },
  {
    title: 'What a dataset’s fields mean',
    query: `query Fields {
  dataset(slug: "readings") {
    title
    version
    fields { name description graphql graphqlType sqlType nullable }
  }
}
`,
  },
  {
    title: 'Which way the data went',
    query: `query Lineage {
  lineage(dataset: "readings") {
    nodes { id title }
    edges { from to count { item records waiting balanced } }
    balanced
  }
}
`,
  },
  {
    title: 'Readings as they come',
    query: `# Runs until it is stopped.
subscription Live {
  readingAdded { sensor { name } time value flag }
}
`,
  },
];
