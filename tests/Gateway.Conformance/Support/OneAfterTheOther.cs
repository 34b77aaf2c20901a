using Xunit;

// Each class starts a gateway and servers of its own, and keeps two cores busy by itself: side by side they
// would only make each other late.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
