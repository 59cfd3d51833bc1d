using Bellman.Language;

namespace Bellman.Cli;

/// <summary>
/// A trainer that is made when it is first used: what it copies (its reference) or draws (its pairs) from the model must be
/// that of the taught model, which is not there when the run begins.
/// </summary>
internal sealed class LateTrainee(LanguageSession session, string algorithm, Func<ITrainee> create) : ITrainee
{
    private ITrainee? made;

    public CancellationToken Cancellation { get; set; }

    public string Algorithm => algorithm;

    public long Steps => made?.Steps ?? 0;

    public (string Observations, string Actions) Interface => ($"tokens up to {session.Model.ContextLength}", $"{session.Model.VocabularySize} tokens");

    public void Advance(IMetricSink metrics) => Made.Advance(metrics);

    public void Exchange(StateExchange state) => Made.Exchange(state);

    public void Dispose() => made?.Dispose();

    private ITrainee Made
    {
        get
        {
            if (made is not null) { return made; }
            made = create();
            if (made is PostTrainer trainer) { trainer.Cancellation = Cancellation; }
            return made;
        }
    }
}
