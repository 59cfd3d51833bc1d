using Xunit;

namespace Bellman.Tests.Language;

/// <summary>
/// Tests that train with torch run while no other test does: TorchSharp leaves the numbers of an expression to the finaliser, and a
/// garbage collection caused by another test can free one under a native call.
/// </summary>
[CollectionDefinition("torch alone", DisableParallelization = true)]
public sealed class TorchAlone;
