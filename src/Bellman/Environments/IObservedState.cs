namespace Bellman;

/// <summary>An environment whose observation shows its whole state, so that it can be asked what follows any of them.</summary>
public interface IObservedState : IEnvironment
{
    /// <summary>Puts it into the state that shows as <paramref name="observation"/>, <c>ObservationSpace.Size</c> floats, in the middle of an episode.</summary>
    void BeginAt(ReadOnlySpan<float> observation);
}
