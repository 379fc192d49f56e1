// What relay-compiler makes the artifact of.
graphql`
  subscription followersSubscription($id: ID!, $after: BigInt) {
    executionEvents(id: $id, after: $after) {
      id
      seq
      message
    }
  }
`;
